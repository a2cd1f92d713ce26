//! Credentials for an index go to that index and to nobody else, whatever it redirects to.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

use rvenv::python::Interpreter;
use rvenv::seed::Options;
use sha2::{Digest, Sha256};

use super::fixture::{host_with, modern, prepare_on};
use super::maker::Maker;
use crate::sandbox::{Ran, Sandbox, write_program};

/// `Basic me:pa55`
const CREDENTIALS: &str = "Basic bWU6cGE1NQ==";

/// The answer of a server to a path.
enum Answer {
    Redirect(String),
    Page(String),
    File(PathBuf),
}

/// The paths of requests, with the credentials that came with them.
type Requests = Arc<Mutex<Vec<(String, Option<String>)>>>;

/// A server on an address of this machine.
struct Server {
    listener: Option<TcpListener>,
    /// `127.0.0.1:PORT`
    address: String,
    requests: Requests,
}

impl Server {
    fn at(address: &str) -> Self {
        let listener = TcpListener::bind((address, 0)).expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        Self { listener: Some(listener), address, requests: Arc::default() }
    }

    fn serve(&mut self, answers: impl IntoIterator<Item = (&'static str, Answer)>) {
        let answers: BTreeMap<_, _> = answers.into_iter().collect();
        let listener = self.listener.take().expect("it serves once");
        let requests = Arc::clone(&self.requests);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
                let first = lines.next().unwrap_or_default();
                let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
                let head: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
                let sent = head.iter().find_map(|line| {
                    let (name, value) = line.split_once(": ")?;
                    name.eq_ignore_ascii_case("authorization").then(|| value.to_owned())
                });
                requests.lock().unwrap().push((path.clone(), sent));
                let path = path.split('?').next().unwrap_or_default();
                let (head, body) = match answers.get(path) {
                    Some(Answer::Redirect(to)) => (format!("302 Found\r\nLocation: {to}"), vec![]),
                    Some(Answer::Page(text)) => {
                        ("200 OK\r\nContent-Type: text/html".to_owned(), text.clone().into_bytes())
                    }
                    Some(Answer::File(path)) => ("200 OK".to_owned(), fs::read(path).unwrap()),
                    None => ("404 Not Found".to_owned(), vec![]),
                };
                let length = body.len();
                let head = format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\n\r\n");
                let _ = (&stream).write_all(&[head.into_bytes(), body].concat());
            }
        });
    }

    fn requests(&self) -> Vec<(String, Option<String>)> {
        self.requests.lock().unwrap().clone()
    }

    /// The credentials of every request.
    fn credentials(&self) -> Vec<Option<String>> {
        self.requests().into_iter().map(|(_, credentials)| credentials).collect()
    }
}

struct Fixture {
    sandbox: Sandbox,
    wheel: PathBuf,
}

impl Fixture {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        let wheel = Maker::new("90.0").write(&sandbox.root().join("wheels"));
        Self { sandbox, wheel }
    }

    fn file(&self) -> Answer {
        Answer::File(self.wheel.clone())
    }

    /// A page of an index whose only file is at `url`.
    fn page(&self, url: &str) -> Answer {
        let hash = Sha256::digest(fs::read(&self.wheel).unwrap());
        let hash = hash.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        Answer::Page(format!("<a href=\"{url}#sha256={hash}\">pip-90.0-py3-none-any.whl</a>"))
    }

    /// Gets pip from the index at `address` with credentials; gives its version or the whole error.
    fn get(&self, address: &str, vars: &[(&str, &str)]) -> Result<String, String> {
        self.get_by(modern(&self.sandbox), address, vars)
    }

    fn get_by(
        &self,
        python: Interpreter,
        address: &str,
        vars: &[(&str, &str)],
    ) -> Result<String, String> {
        let url = format!("http://me:pa55@{address}/simple");
        let vars = [&[("PIP_INDEX_URL", url.as_str())], vars].concat();
        let python = Interpreter { wheels: Vec::new(), ..python };
        let host = host_with(&self.sandbox, &vars);
        match prepare_on(&host, &python, &Options::default()) {
            Ok((seed, _)) => Ok(seed.pip_version().to_owned()),
            Err(error) => Err(format!("{error:?}")),
        }
    }
}

#[test]
fn another_origin_gets_no_credentials() {
    // Another port, and another host.
    for other in ["127.0.0.1", "127.0.0.2"] {
        let fixture = Fixture::new();
        let (mut index, mut other) = (Server::at("127.0.0.1"), Server::at(other));
        let to = format!("http://{}/mirror/pip/", other.address);
        index.serve([("/simple/pip/", Answer::Redirect(to))]);
        other.serve([
            ("/mirror/pip/", fixture.page("/pip-90.0-py3-none-any.whl")),
            ("/pip-90.0-py3-none-any.whl", fixture.file()),
        ]);
        let got = fixture.get(&index.address, &[("PIP_TRUSTED_HOST", "127.0.0.2")]);
        assert_eq!(got.as_deref(), Ok("90.0"));
        assert_eq!(index.credentials(), [Some(CREDENTIALS.to_owned())]);
        assert_eq!(other.credentials(), [None, None]);
    }
}

#[test]
fn a_file_elsewhere_gets_no_credentials_and_one_of_the_index_does() {
    for is_elsewhere in [true, false] {
        let fixture = Fixture::new();
        let (mut index, mut other) = (Server::at("127.0.0.1"), Server::at("127.0.0.1"));
        let file = if is_elsewhere { &other } else { &index };
        let page = fixture.page(&format!("http://{}/pip-90.0-py3-none-any.whl", file.address));
        index.serve([("/simple/pip/", page), ("/pip-90.0-py3-none-any.whl", fixture.file())]);
        other.serve([("/pip-90.0-py3-none-any.whl", fixture.file())]);
        assert_eq!(fixture.get(&index.address, &[]).as_deref(), Ok("90.0"));
        let expected = if is_elsewhere { vec![None] } else { Vec::new() };
        assert_eq!(other.credentials(), expected);
        assert!(index.credentials().iter().all(Option::is_some));
    }
}

#[test]
fn a_redirect_in_the_same_origin_keeps_the_credentials() {
    let fixture = Fixture::new();
    let mut index = Server::at("127.0.0.1");
    index.serve([
        ("/simple/pip/", Answer::Redirect("/moved/pip/".to_owned())),
        ("/moved/pip/", fixture.page("/pip-90.0-py3-none-any.whl")),
        ("/pip-90.0-py3-none-any.whl", fixture.file()),
    ]);
    assert_eq!(fixture.get(&index.address, &[]).as_deref(), Ok("90.0"));
    assert_eq!(index.credentials(), vec![Some(CREDENTIALS.to_owned()); 3]);
}

#[test]
fn a_redirect_to_an_insecure_host_is_not_followed() {
    let fixture = Fixture::new();
    let (mut index, mut other) = (Server::at("127.0.0.1"), Server::at("127.0.0.2"));
    let to = format!("http://{}/simple/pip/", other.address);
    index.serve([("/simple/pip/", Answer::Redirect(to))]);
    other.serve([
        ("/simple/pip/", fixture.page("/pip-90.0-py3-none-any.whl")),
        ("/pip-90.0-py3-none-any.whl", fixture.file()),
    ]);
    let error = fixture.get(&index.address, &[]).unwrap_err();
    assert!(error.contains("neither secure nor a trusted host"), "{error}");
    assert_eq!(other.requests(), []);
}

/// Without a server for https: the class that decides.
#[test]
fn redirects_from_https_to_http_are_refused() {
    let fixture = Fixture::new();
    let fetch = concat!(env!("CARGO_MANIFEST_DIR"), "/src/seed/fetch.py");
    let script = "
import sys
exec(open(sys.argv[1]).read().split('if sys.argv[1]')[0])
request = Request('https://index.example/simple/pip/', headers={'Authorization': 'x'})
for url in sys.argv[2:]:
    try:
        new = Redirects().redirect_request(request, None, 302, '', {}, url)
        print(url, new.get_header('Authorization'))
    except SystemExit as refused:
        print(url, 'refused')
";
    let urls = [
        ("http://index.example/simple/pip/", "refused"),
        ("http://127.0.0.1/simple/pip/", "refused"),
        ("ftp://index.example/pip/", "refused"),
        ("file:///etc/passwd", "refused"),
        ("https://index.example/moved/", "x"),
        ("https://index.example:444/moved/", "None"),
        ("https://other.example/", "None"),
        ("http://trusted.example/", "None"),
    ];
    let python = modern(&fixture.sandbox).executable;
    let mut command = fixture.sandbox.command(python);
    command.args(["-I", "-c", script, fetch]).args(urls.map(|(url, _)| url));
    let shown = Ran::of(command.env("PIP_TRUSTED_HOST", "trusted.example")).ok().stdout;
    let expected = urls.iter().map(|(url, said)| format!("{url} {said}\n"));
    assert_eq!(shown, expected.collect::<String>());
}

#[test]
fn no_secret_is_in_arguments_or_messages() {
    let fixture = Fixture::new();
    let mut index = Server::at("127.0.0.1");
    let signed = "/pip-90.0-py3-none-any.whl?X-Amz-Signature=t0ken";
    let Answer::Page(page) = fixture.page(signed) else { unreachable!("it is a page") };
    let altered = page.split("sha256=").next().unwrap().to_owned()
        + "sha256=00\">pip-90.0-py3-none-any.whl</a>";
    index.serve([
        ("/simple/pip/", Answer::Page(altered)),
        ("/pip-90.0-py3-none-any.whl", fixture.file()),
    ]);
    // A Python that notes its arguments.
    let python = modern(&fixture.sandbox);
    let (log, wrapper) =
        (fixture.sandbox.root().join("log"), fixture.sandbox.root().join("python"));
    let script = format!(
        "#!/bin/sh\nprintf '%s\\n' \"$*\" >>'{}'\nexec '{}' \"$@\"\n",
        log.display(),
        python.executable.display()
    );
    write_program(&wrapper, &script);
    let python = Interpreter { executable: wrapper, ..python };
    let error = fixture.get_by(python, &index.address, &[]).unwrap_err();
    assert!(error.contains("DownloadAltered"), "{error}");
    let arguments = fs::read_to_string(log).unwrap();
    assert!(index.requests().iter().any(|(path, _)| path == signed), "it was fetched");
    for secret in ["pa55", "t0ken"] {
        assert!(!error.contains(secret) && !arguments.contains(secret), "{error} {arguments}");
    }
}

#[test]
fn a_page_of_the_index_cannot_refer_to_a_local_file() {
    let fixture = Fixture::new();
    let mut index = Server::at("127.0.0.1");
    let file = format!("file://{}", Path::new(&fixture.wheel).display());
    index.serve([("/simple/pip/", fixture.page(&file))]);
    let error = fixture.get(&index.address, &[]).unwrap_err();
    assert!(error.contains("neither secure nor a trusted host"), "{error}");
}
