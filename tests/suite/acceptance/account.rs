//! An account as AWS's own SDK sees it, beside umb: who is calling, and what there is.

use std::sync::LazyLock;

use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    BucketLocationConstraint, CreateBucketConfiguration, Delete, ObjectIdentifier, Tag,
};
use aws_smithy_http_client::Builder as HttpClientBuilder;
use aws_smithy_http_client::tls::{Provider as TlsProvider, rustls_provider::CryptoMode};
use tokio::runtime::Runtime;

use crate::harness::{Caller, Sandbox};

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
        }
    }

    /// Whoever calls APIs in this account, with credentials that are still valid.
    pub fn caller(&self) -> Caller {
        let provider = self.config.credentials_provider().unwrap();
        Caller {
            credentials: block_on(provider.provide_credentials()).unwrap(),
            region: self.region.clone(),
        }
    }

    /// The names of what there is, each behind what it is. What belongs to a stack and has no name of its own, nor is ever
    /// retained, is looked for by the stack.
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
                ("topic", self.topics().await),
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

    async fn topics(&self) -> Vec<String> {
        let client = aws_sdk_sns::Client::new(&self.config);
        let pages = client.list_topics().into_paginator().items().send();
        let topics: Vec<_> = pages.try_collect().await.unwrap();
        names(topics.into_iter().map(|topic| topic.topic_arn))
    }

    /// Every emulator and AWS itself take the bucket's name in the path.
    fn s3(&self) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::config::Builder::from(&self.config).force_path_style(true);
        aws_sdk_s3::Client::from_conf(config.build())
    }

    /// Makes a bucket with the app's tag.
    pub fn create_bucket(&self, bucket: &str, app: &str) {
        let mut configuration = CreateBucketConfiguration::builder();
        // The service's first region is the one that cannot be named.
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

    /// Deletes a bucket with everything in it, if there is one.
    pub fn delete_bucket(&self, bucket: &str) {
        block_on(async {
            if !self.buckets().await.iter().any(|name| name == bucket) {
                return;
            }
            let s3 = self.s3();
            let mut pages = s3.list_objects_v2().bucket(bucket).into_paginator().send();
            while let Some(page) = pages.next().await {
                let keys = page.unwrap().contents.unwrap_or_default();
                let keys: Vec<_> = keys
                    .into_iter()
                    .filter_map(|object| object.key)
                    .map(|key| ObjectIdentifier::builder().key(key).build().unwrap())
                    .collect();
                if !keys.is_empty() {
                    let keys = Delete::builder().set_objects(Some(keys)).build().unwrap();
                    let deletion = s3.delete_objects().bucket(bucket).delete(keys);
                    deletion.send().await.unwrap();
                }
            }
            s3.delete_bucket().bucket(bucket).send().await.unwrap();
        });
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
