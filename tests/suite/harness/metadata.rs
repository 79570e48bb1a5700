//! What responds at the address where an instance on AWS is told about itself.

use std::io::{BufReader, Write as _};
use std::net::TcpListener;
use std::thread;

use super::recorder::{read_body, read_head};

/// Serves `answer`, which gets a path and returns a status and a body, as long as the tests run; returns the address.
pub fn serve_metadata(
    answer: impl Fn(&str) -> (u16, &'static str) + Send + Sync + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let mut reader = BufReader::new(client.try_clone().unwrap());
            let Ok(Some((mut sent, _))) = read_head(&mut reader) else {
                continue;
            };
            let _ = read_body(&mut reader, &mut sent);
            let (status, body) = answer(&sent.target);
            let head = format!(
                "HTTP/1.1 {status} OK\r\nx-aws-ec2-metadata-token-ttl-seconds: 21600\r\nConnection: close\r\n\
                 Content-Length: {}\r\n\r\n{body}",
                body.len()
            );
            let _ = client.write_all(head.as_bytes());
        }
    });
    endpoint
}
