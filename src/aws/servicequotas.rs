//! Service Quotas: what an account may use. Source:
//! <https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_ListServiceQuotas.html>.

use std::collections::BTreeMap;

use aws_sdk_servicequotas::Client;

use super::error::Error;
use super::session::Session;

/// Returns the account's quotas of a service in the region, by their names.
pub(crate) async fn quotas(
    session: &Session,
    service: &str,
) -> Result<BTreeMap<String, f64>, Error> {
    let mut pages = Client::new(session.config())
        .list_service_quotas()
        .service_code(service)
        .into_paginator()
        .send();
    let mut quotas = BTreeMap::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| Error::new("Service Quotas ListServiceQuotas", error))?;
        let found = page.quotas.unwrap_or_default().into_iter();
        quotas.extend(found.filter_map(|quota| Some((quota.quota_name?, quota.value?))));
    }
    Ok(quotas)
}
