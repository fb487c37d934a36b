//! A headless Chromium behind chromedriver, one at a time.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::key::Key;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use local_iot_core::LocalIotCore;
use serde_json::{Value, json};

/// Long enough for a browser on a busy machine; nothing waits for it unless a test fails.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What the browser tells the page about the person before it.
#[derive(Clone, Copy, Debug)]
pub struct View {
    pub dark: bool,
    pub width: u32,
    pub height: u32,
}

pub const DESK: View = View {
    dark: false,
    width: 1280,
    height: 900,
};

/// Opens the console of an emulator and lets the test drive it.
pub fn drive(emulator: LocalIotCore, test: impl AsyncFnOnce(&Page, &LocalIotCore)) {
    with_browser(async |browser| {
        let page = browser.open(emulator.control_addr(), DESK).await;
        test(&page, &emulator).await;
    });
}

/// Gives a browser to the test, or leaves the test out where there is none.
pub fn with_browser(test: impl AsyncFnOnce(&Browser)) {
    // Browsers are heavy: all at once they would only wait for each other.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(browser) = Browser::start() else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(test(&browser));
}

pub struct Browser {
    driver: Child,
    address: SocketAddr,
}

impl Browser {
    fn start() -> Option<Self> {
        let missing: Vec<_> = ["chromium", "chromedriver"]
            .into_iter()
            .filter(|program| {
                let asked = Command::new(program).arg("--version").output();
                !asked.is_ok_and(|output| output.status.success())
            })
            .collect();
        if !missing.is_empty() {
            assert!(
                std::env::var("CI").as_deref() != Ok("true"),
                "CI must have {missing:?}"
            );
            eprintln!("LEFT OUT: the console page in a browser, for want of {missing:?}");
            return None;
        }
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .spawn()
            .expect("chromedriver runs");
        let mut lines = BufReader::new(driver.stdout.take().expect("its output is ours")).lines();
        let port = lines
            .find_map(|line| {
                let line = line.expect("lines of text");
                let (_, port) = line.split_once("started successfully on port ")?;
                port.trim_end_matches('.').parse::<u16>().ok()
            })
            .expect("chromedriver says its port");
        // It must not stop at a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Some(Self {
            driver,
            address: SocketAddr::from(([127, 0, 0, 1], port)),
        })
    }

    pub async fn open(&self, console: SocketAddr, view: View) -> Page {
        let View {
            dark,
            width,
            height,
        } = view;
        let options = json!({
            "args": [
                "--headless=new",
                // The sandbox does not start for root, as whom CI runs; the page is our own.
                "--no-sandbox",
                "--no-proxy-server",
                "--hide-scrollbars",
                "--force-prefers-reduced-motion",
                format!("--blink-settings=preferredColorScheme={}", u8::from(!dark)),
            ],
            "mobileEmulation": {"deviceMetrics": {"width": width, "height": height, "pixelRatio": 1.5, "mobile": false, "touch": false}},
        });
        let capabilities = [("goog:chromeOptions".to_owned(), options)];
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities.into_iter().collect())
            .connect(&format!("http://{}", self.address))
            .await
            .expect("a session of the browser");
        client.goto(&format!("http://{console}/")).await.unwrap();
        let page = Page { client };
        // What is published before would be no message of this page's.
        page.wait_for("connection", "Live").await;
        page
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Asked to, it closes its browsers as well; killed, it would leave them behind.
        let asked = TcpStream::connect(self.address).and_then(|mut stream| {
            stream.set_read_timeout(Some(TIMEOUT))?;
            stream.write_all(b"GET /shutdown HTTP/1.1\r\nhost: localhost\r\n\r\n")?;
            stream.read(&mut [0; 64])
        });
        if asked.is_err() {
            let _ = self.driver.kill();
        }
        let _ = self.driver.wait();
    }
}

pub struct Page {
    client: Client,
}

impl Page {
    /// One after the other, as a person would.
    pub async fn press(&self, keys: &[Key]) {
        let typed: String = keys.iter().map(|key| char::from(*key)).collect();
        self.type_text(&typed).await;
    }

    /// Replaces what is in the focused field.
    pub async fn type_over(&self, text: &str) {
        self.run("document.activeElement.select()").await;
        self.type_text(text).await;
    }

    async fn type_text(&self, text: &str) {
        let keys = text
            .chars()
            .fold(KeyActions::new("keyboard".to_owned()), |actions, value| {
                actions
                    .then(KeyAction::Down { value })
                    .then(KeyAction::Up { value })
            });
        self.client.perform_actions(keys).await.unwrap();
    }

    pub async fn click(&self, css: &str) {
        let found = self.client.find(Locator::Css(css)).await.unwrap();
        found.click().await.unwrap();
    }

    /// What can be read in the element.
    pub async fn text(&self, id: &str) -> String {
        let found = self.client.find(Locator::Id(id)).await.unwrap();
        found.text().await.unwrap()
    }

    /// Returns once the element says exactly this.
    pub async fn wait_for(&self, id: &str, text: &str) {
        let path = format!("//*[@id='{id}'][normalize-space(.)='{text}']");
        let waited = self.client.wait().at_most(TIMEOUT);
        if waited.for_element(Locator::XPath(&path)).await.is_err() {
            panic!("{id} says {:?}, not {text:?}", self.text(id).await);
        }
    }

    /// Returns once the script does.
    pub async fn until(&self, script: &str, expected: Value) {
        let end = std::time::Instant::now() + TIMEOUT;
        loop {
            let found = self.run(script).await;
            if found == expected {
                return;
            }
            assert!(std::time::Instant::now() < end, "{found}");
        }
    }

    /// The id of the focused element, or else its text.
    pub async fn focused(&self) -> String {
        let named = "const e = document.activeElement; return e.id || e.value || e.textContent";
        self.run(named)
            .await
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    pub async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    pub async fn picture(&self) -> Vec<u8> {
        self.client.screenshot().await.unwrap()
    }
}
