//! What stacks output, as it is reachable from here.

use std::collections::BTreeMap;

use crate::aws::AwsEnv;

use super::deployed::DeployedStack;

/// Outputs of stacks: stack → key → value.
pub(crate) type Outputs = BTreeMap<String, BTreeMap<String, String>>;

/// The output that holds the API's address.
pub(crate) const ENDPOINT_URL: &str = "EndpointURL";

/// The output that holds the API's ID.
pub(crate) const REST_API_ID: &str = "RestAPIId";

/// Returns the address of a Stateless stack's API, as it is reachable from here.
pub(crate) fn endpoint(env: &AwsEnv, stateless: &DeployedStack) -> Option<String> {
    reachable(env, stateless.details.outputs.clone()).remove(ENDPOINT_URL)
}

/// Returns outputs as they are reachable from here: behind an emulator, the API is below the emulator's own endpoint, at
/// the path that emulators agree on.
pub(crate) fn reachable(
    env: &AwsEnv,
    mut outputs: BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    if let (Some(endpoint), Some(api), Some(url)) = (
        env.session().endpoint(),
        outputs.get(REST_API_ID).cloned(),
        outputs.get_mut(ENDPOINT_URL),
    ) {
        let endpoint = endpoint.trim_end_matches('/');
        let stage = url.trim_end_matches('/').rsplit('/').next().unwrap_or("v1");
        *url = format!("{endpoint}/restapis/{api}/{stage}/_user_request_/");
    }
    outputs
}
