//! Buckets with what DynamoDB writes when it exports a table. No emulator writes it.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::{MiniStack, Sandbox};

/// A file of an export of these items: DynamoDB JSON, an item a line, compressed.
pub fn export_of(items: &[Value]) -> Vec<u8> {
    let mut file = GzEncoder::new(Vec::new(), Compression::fast());
    for item in items {
        writeln!(file, "{}", json!({ "Item": item })).unwrap();
    }
    file.finish().unwrap()
}

impl MiniStack {
    /// Makes a bucket.
    pub fn create_bucket(&self, sandbox: &Sandbox, name: &str) {
        let place = "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint>\
                     </CreateBucketConfiguration>";
        self.put(sandbox, name, place.as_bytes());
    }

    /// Puts a file of an export of these items into a bucket: `BUCKET/KEY`.
    pub fn put_export(&self, sandbox: &Sandbox, path: &str, items: &[Value]) {
        self.put(sandbox, path, &export_of(items));
    }

    fn put(&self, sandbox: &Sandbox, path: &str, content: &[u8]) {
        let put = self.send(sandbox, ["s3", "PUT", path], &[], Some(content));
        assert_eq!(put.status, 200, "{put:?}");
    }
}
