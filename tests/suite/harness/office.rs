//! What is between umb and AWS in an office: an HTTP proxy, and a server whose certificate the office's own authority
//! has signed.

use std::io::{self, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::recorder::{read_body, read_head};

/// The name that stands for AWS: a proxy knows where it is, and nobody else.
pub const AWS: &str = "aws.example";

/// A proxy that sends everything to one server, wherever it is meant for.
pub struct HttpProxy {
    /// Its host and port.
    pub address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl HttpProxy {
    /// A proxy before the server at `peer`, a host and a port, that wants these credentials in each request's header.
    pub fn before(peer: &str, authorization: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let (seen, peer) = (Arc::clone(&asked), peer.to_owned());
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (seen, peer) = (Arc::clone(&seen), peer.clone());
                // Either side may close the connection early.
                thread::spawn(move || serve(&client, &peer, authorization, &seen));
            }
        });
        Self { address, asked }
    }

    /// What was asked of it: a method and where to.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(
    mut client: &TcpStream,
    peer: &str,
    authorization: Option<&str>,
    asked: &Mutex<Vec<String>>,
) -> io::Result<()> {
    let mut reader = BufReader::new(client);
    let Some((mut sent, head)) = read_head(&mut reader)? else {
        return Ok(());
    };
    asked
        .lock()
        .unwrap()
        .push(format!("{} {}", sent.method, sent.target));
    let given = sent.headers.get("proxy-authorization");
    if authorization.is_some_and(|wanted| given.is_none_or(|given| given != wanted)) {
        let refusal = "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n";
        return client.write_all(refusal.as_bytes());
    }
    let mut server = TcpStream::connect(peer)?;
    if sent.method == "CONNECT" {
        client.write_all(b"HTTP/1.1 200 Connected\r\n\r\n")?;
        return tunnel(client, &server);
    }
    read_body(&mut reader, &mut sent)?;
    // The server wants the path alone.
    let head = String::from_utf8_lossy(&head).replacen(&format!("http://{AWS}"), "", 1);
    server.write_all(closing(&head).as_bytes())?;
    server.write_all(&sent.body)?;
    io::copy(&mut server, &mut client)?;
    client.shutdown(Shutdown::Both)
}

/// The head of a request after which the connection ends.
fn closing(head: &str) -> String {
    head.replacen("\r\n", "\r\nConnection: close\r\n", 1)
}

fn tunnel(client: &TcpStream, server: &TcpStream) -> io::Result<()> {
    let (mut from, mut to) = (server.try_clone()?, client.try_clone()?);
    let back = thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
    });
    let (mut from, mut to) = (client, server);
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Both);
    back.join()
        .map_err(|_| io::Error::other("a thread panicked"))
}

/// A server of [`AWS`] whose certificate is signed by an authority that nobody else knows.
pub struct PrivateServer {
    /// Its host and port.
    pub address: String,
    /// The authority's certificate, in PEM.
    pub authority: String,
}

impl PrivateServer {
    /// A server before the one at `peer`, a host and a port, which speaks no TLS.
    pub fn before(peer: &str) -> Self {
        let (config, authority) = certified();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let peer = peer.to_owned();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (config, peer) = (Arc::clone(&config), peer.clone());
                // A client that does not trust the certificate closes the connection.
                thread::spawn(move || decrypt(client, config, &peer));
            }
        });
        Self { address, authority }
    }
}

fn certified() -> (ServerConfig, String) {
    let mut authority = CertificateParams::new([]).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().unwrap();
    let certificate = authority.self_signed(&authority_key).unwrap();
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().unwrap();
    let server = CertificateParams::new([AWS.to_owned()]).unwrap();
    let server = server.signed_by(&key, &issuer).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![server.der().clone()], key)
        .unwrap();
    (config, certificate.pem())
}

/// Forwards one request.
fn decrypt(client: TcpStream, config: Arc<ServerConfig>, peer: &str) -> io::Result<()> {
    let connection = ServerConnection::new(config).map_err(io::Error::other)?;
    let mut reader = BufReader::new(StreamOwned::new(connection, client));
    let Some((mut sent, head)) = read_head(&mut reader)? else {
        return Ok(());
    };
    read_body(&mut reader, &mut sent)?;
    let mut server = TcpStream::connect(peer)?;
    server.write_all(closing(&String::from_utf8_lossy(&head)).as_bytes())?;
    server.write_all(&sent.body)?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    let client = reader.get_mut();
    client.write_all(&answer)?;
    client.conn.send_close_notify();
    client.flush()
}

/// A connection before the server at `peer`, a host and a port, that takes so many bytes a second; returns its address.
pub fn slow_uplink(peer: &str, bytes_per_second: u32) -> String {
    const PART: u16 = 4096;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let peer = peer.to_owned();
    let pause = Duration::from_secs_f64(f64::from(PART) / f64::from(bytes_per_second));
    thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let mut server = TcpStream::connect(&peer).unwrap();
            let (mut from, mut to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            thread::spawn(move || {
                let _ = io::copy(&mut from, &mut to);
                let _ = to.shutdown(Shutdown::Both);
            });
            thread::spawn(move || {
                let mut part = [0; PART as usize];
                while let Ok(length @ 1..) = client.read(&mut part) {
                    // This is the network itself.
                    thread::sleep(pause);
                    if server.write_all(&part[..length]).is_err() {
                        break;
                    }
                }
                let _ = server.shutdown(Shutdown::Write);
            });
        }
    });
    endpoint
}
