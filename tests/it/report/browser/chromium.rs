//! A headless Chromium, driven by `WebDriver` (W3C Recommendation, 2018) through chromedriver.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

/// Where Debian and others put the browser.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// One window. The browser and its folder go when this is dropped.
pub(super) struct Browser {
    driver: Child,
    session: String,
    client: reqwest::Client,
    profile: tempfile::TempDir,
}

/// The place of a program.
pub(super) fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

impl Browser {
    /// Starts a browser; `None`, with a word about it, where none is installed.
    pub(super) async fn start() -> Option<Self> {
        Self::with_preferences(json!({})).await
    }

    /// As [`Browser::start`], with scripts off, as in the preview of a mail program.
    pub(super) async fn start_without_scripts() -> Option<Self> {
        let off = json!({ "profile.managed_default_content_settings.javascript": 2 });
        Self::with_preferences(off).await
    }

    #[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
    async fn with_preferences(preferences: Value) -> Option<Self> {
        let browser = NAMES.iter().find_map(|name| find(name));
        let (Some(browser), Some(driver)) = (browser, find("chromedriver")) else {
            eprintln!(
                "SKIPPED: no chromium and chromedriver are installed; the page was not opened"
            );
            return None;
        };
        let mut driver = Command::new(driver)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let port = port(&mut driver);
        let profile = tempfile::tempdir().unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut this = Self {
            driver,
            session: format!("http://127.0.0.1:{port}/session"),
            client,
            profile,
        };
        let folder = format!("--user-data-dir={}", this.profile.path().display());
        let capabilities = json!({ "capabilities": { "alwaysMatch": {
            "goog:loggingPrefs": { "browser": "ALL" },
            "goog:chromeOptions": {
                "binary": browser,
                "prefs": preferences,
                "args": [
                    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
                    "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
                    "--disable-component-update", "--disable-sync", "--hide-scrollbars",
                    "--window-size=1280,900", folder,
                ],
            },
        } } });
        let made = this.send("", &capabilities).await;
        this.session = format!("{}/{}", this.session, made["sessionId"].as_str().unwrap());
        Some(this)
    }

    /// Sends one command and gives back its value.
    async fn send(&self, command: &str, body: &Value) -> Value {
        let request = self.client.post(format!("{}{command}", self.session));
        let request = request.header("content-type", "application/json");
        self.value(command, request.body(body.to_string())).await
    }

    async fn value(&self, command: &str, request: reqwest::RequestBuilder) -> Value {
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{command}: {text}");
        let mut answer: Value = serde_json::from_str(&text).unwrap();
        answer["value"].take()
    }

    /// Opens a file, as a double click would.
    pub(super) async fn open(&self, file: &Path) {
        let url = format!("file://{}", file.display());
        self.send("/url", &json!({ "url": url })).await;
    }

    /// Runs a script in the page and gives back what it returns.
    pub(super) async fn run(&self, script: &str, arguments: Value) -> Value {
        let body = json!({ "script": script, "args": arguments });
        self.send("/execute/sync", &body).await
    }

    async fn element(&self, selector: &str) -> String {
        let body = json!({ "using": "css selector", "value": selector });
        let found = self.send("/element", &body).await;
        // The key of an element's reference, fixed by the standard.
        let id = &found["element-6066-11e4-a52e-4f735466cecf"];
        format!("/element/{}", id.as_str().unwrap())
    }

    /// Clicks, as a person does: what is covered or hidden cannot be clicked.
    pub(super) async fn click(&self, selector: &str) {
        let element = self.element(selector).await;
        self.send(&format!("{element}/click"), &json!({})).await;
    }

    /// Empties a field and types a text into it, key by key.
    pub(super) async fn type_into(&self, selector: &str, text: &str) {
        let element = self.element(selector).await;
        // Select all and delete: `clear` causes no event in the page.
        let keys = format!("\u{e009}a\u{e000}\u{e017}{text}");
        self.send(&format!("{element}/value"), &json!({ "text": keys }))
            .await;
    }

    /// The text that is to be seen.
    pub(super) async fn text(&self, selector: &str) -> String {
        let element = self.element(selector).await;
        let url = format!("{}{element}/text", self.session);
        let text = self.value("text", self.client.get(url)).await;
        text.as_str().unwrap().to_owned()
    }

    /// The window's title.
    pub(super) async fn title(&self) -> String {
        let url = format!("{}/title", self.session);
        let title = self.value("title", self.client.get(url)).await;
        title.as_str().unwrap().to_owned()
    }

    /// What the browser's console complained about: also breaches of the page's own policy.
    pub(super) async fn complaints(&self) -> Vec<String> {
        let entries = self.send("/se/log", &json!({ "type": "browser" })).await;
        let entries = entries.as_array().unwrap().iter();
        entries.map(|entry| entry["message"].to_string()).collect()
    }

    /// A command of Chromium's own protocol.
    async fn tool(&self, command: &str, parameters: Value) -> Value {
        let body = json!({ "cmd": command, "params": parameters });
        self.send("/goog/cdp/execute", &body).await
    }

    /// Makes the page's window so many CSS pixels large.
    pub(super) async fn resize(&self, width: u64, height: u64) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.tool("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// How wide the page is, in CSS pixels. It is wider than the window if something hangs over the edge.
    pub(super) async fn page_width(&self) -> u64 {
        let width = "return document.documentElement.scrollWidth";
        self.run(width, json!([])).await.as_u64().unwrap()
    }

    /// Shows the page by day (`light`) or by night (`dark`).
    pub(super) async fn show_by(&self, scheme: &str) {
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.tool("Emulation.setEmulatedMedia", media).await;
    }

    /// Presses one key, wherever the focus is: a character, or the code of a key in the standard.
    pub(super) async fn press(&self, key: &str) {
        let down = json!({ "type": "keyDown", "value": key });
        let up = json!({ "type": "keyUp", "value": key });
        let keys = json!({ "type": "key", "id": "keyboard", "actions": [down, up] });
        self.send("/actions", &json!({ "actions": [keys] })).await;
    }

    /// Prints the page on A4.
    pub(super) async fn print(&self, file: &Path) {
        let paper = json!({ "page": { "width": 21.0, "height": 29.7 } });
        save(&self.send("/print", &paper).await, file);
    }

    /// Takes pictures by day and by night, on a phone and on a desktop, and prints the page.
    pub(super) async fn photograph(&self, folder: &Path) {
        for scheme in ["light", "dark"] {
            self.show_by(scheme).await;
            for width in [390, 1280] {
                self.resize(width, 900).await;
                let whole = json!({ "captureBeyondViewport": true });
                let picture = self.tool("Page.captureScreenshot", whole).await;
                save(
                    &picture["data"],
                    &folder.join(format!("{scheme}-{width}.png")),
                );
            }
        }
        self.tool("Emulation.setEmulatedMedia", json!({ "features": [] }))
            .await;
        self.print(&folder.join("print.pdf")).await;
    }

    /// Ends the browser in good order.
    pub(super) async fn stop(self) {
        self.value("quit", self.client.delete(&self.session)).await;
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Its browser ends with it; both fail only for a driver that is gone already.
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Reads on which port the driver listens; it says so in its first lines.
fn port(driver: &mut Child) -> u16 {
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    let port = lines.by_ref().find_map(|line| {
        let line = line.unwrap();
        let (_, port) = line.split_once("successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    });
    // The rest is read too: a driver whose pipe is closed may die of it.
    std::thread::spawn(move || lines.for_each(drop));
    port.expect("chromedriver says its port")
}

fn save(data: &Value, file: &Path) {
    let bytes = BASE64_STANDARD.decode(data.as_str().unwrap()).unwrap();
    std::fs::write(file, bytes).unwrap();
}
