//! An account as AWS's own SDK sees it, beside umb: who is calling, and what there is.

use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant, SystemTime};

use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_sdk_dynamodb::types::TableStatus;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::LastUpdateStatus;
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration, Tag};
use aws_smithy_http_client::Builder as HttpClientBuilder;
use aws_smithy_http_client::tls::{Provider as TlsProvider, rustls_provider::CryptoMode};
use tokio::runtime::Runtime;

use crate::harness::{Caller, Sandbox};

/// How long before they expire credentials are renewed.
const MARGIN: Duration = Duration::from_mins(1);
/// How long something may take to settle, and how often to look.
const PATIENCE: Duration = Duration::from_mins(15);
const PAUSE: Duration = Duration::from_secs(2);

/// Waits for what is asked of AWS.
pub fn block_on<F: Future>(future: F) -> F::Output {
    static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());
    RUNTIME.block_on(future)
}

/// An account, a region, and somebody in it.
#[derive(Clone)]
pub struct Account {
    pub number: String,
    pub region: String,
    /// The ARN of the caller.
    pub caller: String,
    config: SdkConfig,
    credentials: Arc<Mutex<Option<Credentials>>>,
}

impl Account {
    /// The account that the environment's credentials are of.
    pub fn of_the_environment() -> Self {
        Self::of(block_on(loader().load()))
    }

    /// The account of a sandbox on an emulator.
    pub fn of_sandbox(sandbox: &Sandbox) -> Self {
        let [id, secret] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
        let credentials = Credentials::new(
            sandbox.variable(id),
            sandbox.variable(secret),
            None,
            None,
            "sandbox",
        );
        let loader = loader()
            .region(Region::new(sandbox.variable("AWS_REGION").to_owned()))
            .credentials_provider(credentials)
            .endpoint_url(sandbox.variable("AWS_ENDPOINT_URL"));
        Self::of(block_on(loader.load()))
    }

    fn of(config: SdkConfig) -> Self {
        let Some(region) = config.region().map(ToString::to_string) else {
            panic!("no region: set AWS_REGION, or AWS_PROFILE to a profile that has one");
        };
        let sts = aws_sdk_sts::Client::new(&config);
        let identity = block_on(sts.get_caller_identity().send()).unwrap();
        Self {
            number: identity.account().unwrap().to_owned(),
            caller: identity.arn().unwrap().to_owned(),
            region,
            config,
            credentials: Arc::default(),
        }
    }

    /// Whoever calls APIs in this account. Credentials are asked for once, and again only before they expire.
    pub fn caller(&self) -> Caller {
        let mut known = self.credentials.lock().unwrap();
        let soon = SystemTime::now() + MARGIN;
        known.take_if(|known| known.expiry().is_some_and(|end| end < soon));
        let credentials = known.get_or_insert_with(|| {
            let provider = self.config.credentials_provider().unwrap();
            block_on(provider.provide_credentials()).unwrap()
        });
        Caller {
            credentials: credentials.clone(),
            region: self.region.clone(),
        }
    }

    /// Returns the names of the account's resources, prefixed with their kind. Resources that always go with their stack are
    /// not listed.
    pub fn names(&self) -> Vec<String> {
        block_on(async {
            let listed = [
                ("stack", self.stacks().await),
                ("table", self.tables().await),
                ("function", self.functions().await),
                ("log group", self.log_groups().await),
                ("role", self.roles().await),
                ("API", self.apis().await),
                ("bucket", self.buckets().await),
            ];
            let named = listed.into_iter().flat_map(|(kind, names)| {
                names.into_iter().map(move |name| format!("{kind} {name}"))
            });
            named.collect()
        })
    }

    /// The app's stacks without the tag that CloudFormation gives to all of their resources, too.
    pub fn stacks_without_tag(&self, app: &str) -> Vec<String> {
        let mut stacks = block_on(self.described_stacks());
        stacks.retain(|stack| {
            let name = stack.stack_name().unwrap_or_default();
            let is_tagged = |tag: &aws_sdk_cloudformation::types::Tag| {
                tag.key() == Some("umb:app") && tag.value() == Some(app)
            };
            name.starts_with(&format!("{app}-")) && !stack.tags().iter().any(is_tagged)
        });
        names(stacks.into_iter().map(|stack| stack.stack_name))
    }

    async fn stacks(&self) -> Vec<String> {
        let stacks = self.described_stacks().await;
        names(stacks.into_iter().map(|stack| stack.stack_name))
    }

    async fn described_stacks(&self) -> Vec<aws_sdk_cloudformation::types::Stack> {
        let client = aws_sdk_cloudformation::Client::new(&self.config);
        let pages = client.describe_stacks().into_paginator().items().send();
        pages.try_collect().await.unwrap()
    }

    async fn tables(&self) -> Vec<String> {
        let client = aws_sdk_dynamodb::Client::new(&self.config);
        let pages = client.list_tables().into_paginator().items().send();
        pages.try_collect().await.unwrap()
    }

    async fn functions(&self) -> Vec<String> {
        let client = aws_sdk_lambda::Client::new(&self.config);
        let pages = client.list_functions().into_paginator().items().send();
        let functions: Vec<_> = pages.try_collect().await.unwrap();
        names(functions.into_iter().map(|function| function.function_name))
    }

    async fn log_groups(&self) -> Vec<String> {
        let client = aws_sdk_cloudwatchlogs::Client::new(&self.config);
        let pages = client.describe_log_groups().into_paginator().items().send();
        let groups: Vec<_> = pages.try_collect().await.unwrap();
        names(groups.into_iter().map(|group| group.log_group_name))
    }

    async fn roles(&self) -> Vec<String> {
        let client = aws_sdk_iam::Client::new(&self.config);
        let pages = client.list_roles().into_paginator().items().send();
        let roles: Vec<_> = pages.try_collect().await.unwrap();
        roles.into_iter().map(|role| role.role_name).collect()
    }

    async fn apis(&self) -> Vec<String> {
        let client = aws_sdk_apigateway::Client::new(&self.config);
        let pages = client.get_rest_apis().into_paginator().items().send();
        let apis: Vec<_> = pages.try_collect().await.unwrap();
        names(apis.into_iter().map(|api| api.name))
    }

    async fn buckets(&self) -> Vec<String> {
        let pages = self.s3().list_buckets().into_paginator().items().send();
        let buckets: Vec<_> = pages.try_collect().await.unwrap();
        names(buckets.into_iter().map(|bucket| bucket.name))
    }

    /// Returns the names of the connections to providers of repositories, prefixed as in [`Self::names`].
    pub fn connections(&self) -> Vec<String> {
        let client = aws_sdk_codeconnections::Client::new(&self.config);
        let pages = client.list_connections().into_paginator().send();
        let pages: Vec<_> = block_on(pages.try_collect()).unwrap();
        let connections = pages
            .into_iter()
            .flat_map(|page| page.connections.unwrap_or_default());
        let names = names(connections.map(|connection| connection.connection_name));
        names
            .iter()
            .map(|name| format!("connection {name}"))
            .collect()
    }

    /// Deletes a table, if there is one, whatever state it is in and whether it is protected.
    pub fn delete_table(&self, table: &str) {
        let client = aws_sdk_dynamodb::Client::new(&self.config);
        block_on(async {
            if !self.tables().await.iter().any(|name| name == table) {
                return;
            }
            // An import that was interrupted only stops being watched.
            let is_active = async || {
                let described = client.describe_table().table_name(table).send().await;
                let status = described
                    .unwrap()
                    .table
                    .and_then(|table| table.table_status);
                status == Some(TableStatus::Active)
            };
            until(is_active).await;
            let unprotected = client.update_table().table_name(table);
            let unprotected = unprotected.deletion_protection_enabled(false);
            unprotected.send().await.unwrap();
            until(is_active).await;
            client
                .delete_table()
                .table_name(table)
                .send()
                .await
                .unwrap();
            until(async || !self.tables().await.iter().any(|name| name == table)).await;
        });
    }

    /// Makes a function run its own code with a comment in the archive: the same, by another hash.
    pub fn alter_code(&self, function: &str, zip: &[u8]) {
        let mut zip = zip.to_vec();
        // The end of an archive is the length of its comment, and the comment.
        let length = zip.len() - 2;
        zip.splice(length.., *b"\x01\x00x");
        let client = aws_sdk_lambda::Client::new(&self.config);
        let update = client.update_function_code().function_name(function);
        block_on(update.zip_file(Blob::new(zip)).send()).unwrap();
        block_on(until(async || {
            let read = client.get_function_configuration().function_name(function);
            let status = read.send().await.unwrap().last_update_status;
            status != Some(LastUpdateStatus::InProgress)
        }));
    }

    /// The hash of the code that a function runs.
    pub fn code(&self, function: &str) -> String {
        let client = aws_sdk_lambda::Client::new(&self.config);
        let read = client.get_function_configuration().function_name(function);
        block_on(read.send()).unwrap().code_sha256.unwrap()
    }

    /// Every emulator and AWS itself take the bucket's name in the path.
    fn s3(&self) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::config::Builder::from(&self.config).force_path_style(true);
        aws_sdk_s3::Client::from_conf(config.build())
    }

    /// Makes a bucket with the app's tag.
    pub fn create_bucket(&self, bucket: &str, app: &str) {
        let mut configuration = CreateBucketConfiguration::builder();
        // S3 refuses its first region as a location constraint.
        if self.region != "us-east-1" {
            let place = BucketLocationConstraint::from(self.region.as_str());
            configuration = configuration.location_constraint(place);
        }
        let tag = Tag::builder().key("umb:app").value(app).build().unwrap();
        let creation = self
            .s3()
            .create_bucket()
            .bucket(bucket)
            .create_bucket_configuration(configuration.tags(tag).build());
        block_on(creation.send()).unwrap();
    }

    pub fn put_object(&self, bucket: &str, key: &str, content: Vec<u8>) {
        let content = ByteStream::from(content);
        let put = self.s3().put_object().bucket(bucket).key(key).body(content);
        block_on(put.send()).unwrap();
    }

    /// Deletes a bucket with everything in it, if there is one. An export that was interrupted may still write to it.
    pub fn delete_bucket(&self, bucket: &str) {
        block_on(async {
            if self.buckets().await.iter().any(|name| name == bucket) {
                until(async || self.is_emptied_and_deleted(bucket).await).await;
            }
        });
    }

    async fn is_emptied_and_deleted(&self, bucket: &str) -> bool {
        let s3 = self.s3();
        let mut pages = s3.list_objects_v2().bucket(bucket).into_paginator().send();
        while let Some(page) = pages.next().await {
            let keys = page.unwrap().contents.unwrap_or_default();
            for key in keys.into_iter().filter_map(|object| object.key) {
                let deletion = s3.delete_object().bucket(bucket).key(key);
                deletion.send().await.unwrap();
            }
        }
        match s3.delete_bucket().bucket(bucket).send().await {
            Ok(_) => true,
            Err(error) if error.code() == Some("BucketNotEmpty") => false,
            Err(error) => panic!("{bucket}: {error:?}"),
        }
    }
}

/// Waits for a condition.
async fn until(mut holds: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < PATIENCE, "this takes too long");
        tokio::time::sleep(PAUSE).await;
    }
}

fn loader() -> ConfigLoader {
    let client = HttpClientBuilder::new()
        .tls_provider(TlsProvider::Rustls(CryptoMode::Ring))
        .build_https();
    aws_config::defaults(BehaviorVersion::latest()).http_client(client)
}

fn names(names: impl Iterator<Item = Option<String>>) -> Vec<String> {
    names.flatten().collect()
}
