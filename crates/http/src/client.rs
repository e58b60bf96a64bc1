//! One exchange with a service, and what each status means.

use std::error::Error as _;
use std::fmt::Display;
use std::sync::OnceLock;
use std::time::Duration;

use ipcascade_core::capabilities::RateLimit;
use ipcascade_core::clock::Clock;
use ipcascade_core::lookup::{FailureClass, LookupFailure};
use ipcascade_core::pacing::Pacer;
use ipcascade_core::quota::Quota;
use ipcascade_core::registry::BuildError;
use ipcascade_core::resilience::LONGEST_WAIT;
use ipcascade_core::resource_error::ResourceError;
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{RequestBuilder, Response, StatusCode, Url};
use serde_json::Value;

use crate::key::ApiKey;
use crate::pause::PauseHint;
use crate::proxy;
use crate::reply::Reply;
use crate::service::Service;

/// The largest body of a refusal that is read.
const LARGEST_COMPLAINT: usize = 16 << 10;
/// Where services put the reason of a refusal.
const REASONS: [&str; 5] = [
    "/message",
    "/error/message",
    "/error",
    "/errors/0/detail",
    "/detail",
];

/// Talks to a service.
#[derive(Debug)]
pub struct Client {
    service: &'static Service,
    client: reqwest::Client,
    base: Url,
    key: Option<ApiKey>,
    clock: Clock,
    limit: RateLimit,
    pacer: OnceLock<Pacer>,
}

impl Client {
    /// A client of `service` at `base`, which ends with a slash.
    ///
    /// # Errors
    ///
    /// If HTTPS cannot be set up on this machine.
    pub fn new(
        service: &'static Service,
        base: Url,
        key: Option<ApiKey>,
        timeout: Duration,
        limit: RateLimit,
    ) -> Result<Self, BuildError> {
        proxy::check(&base)?;
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        if let (Some(key), Some(usage)) = (&key, service.key) {
            headers.insert(HeaderName::from_static(usage.header), key.header().clone());
            if base.scheme() == "http" && !is_loopback(&base) {
                let title = service.title;
                tracing::warn!(url = %base, "the {title} key is sent unencrypted: use https");
            }
        }
        let version = env!("CARGO_PKG_VERSION");
        let client = reqwest::Client::builder()
            .user_agent(format!("ipcascade/{version} (provider {})", service.name))
            .default_headers(headers)
            .connect_timeout(timeout.min(Duration::from_secs(10)))
            .timeout(timeout)
            // A redirect would send the header with the key on to wherever it points.
            .redirect(reqwest::redirect::Policy::none())
            .build();
        let client = client.map_err(|error| {
            ResourceError::new("set up", "HTTPS", chain(&error))
                .remedy("check the certificates of this machine")
        })?;
        Ok(Self {
            service,
            client,
            base,
            key,
            clock: Clock::system(),
            limit,
            pacer: OnceLock::new(),
        })
    }

    /// Whose quota is used up: services count by key, or else by the source address.
    pub fn quota(&self) -> Quota {
        let name = self.service.name;
        let of_key = |key: &ApiKey| key.quota(name);
        self.key.as_ref().map_or_else(|| name.into(), of_key)
    }

    /// Paces all exchanges from the first on. Until it is called, or if it never is, the limit holds for this process
    /// alone.
    pub fn use_pacer(&self, pacer: Pacer) {
        if self.pacer.set(pacer).is_err() {
            tracing::debug!("requests are paced already");
        }
    }

    /// Gets `path` below the base, a question about `subject`; the answer has at most `largest` bytes.
    ///
    /// # Errors
    ///
    /// If no answer comes, or one with a status other than 200, 206 or 404.
    pub async fn get(
        &self,
        path: &str,
        subject: impl Display,
        largest: usize,
    ) -> Result<Reply, LookupFailure> {
        let call = call_of(path, &subject.to_string());
        let request = self.client.get(self.url(path, call)?);
        self.exchange(request, call, largest).await
    }

    /// Posts a body of JSON, otherwise like [`get`](Self::get).
    ///
    /// # Errors
    ///
    /// As for [`get`](Self::get).
    pub async fn post(
        &self,
        path: &str,
        body: &Value,
        largest: usize,
    ) -> Result<Reply, LookupFailure> {
        let request = self.client.post(self.url(path, path)?).json(body);
        self.exchange(request, path, largest).await
    }

    fn url(&self, path: &str, call: &str) -> Result<Url, LookupFailure> {
        self.base.join(path).map_err(|error| {
            LookupFailure::new(FailureClass::Permanent, format!("{call}: {error}"))
        })
    }

    /// `call` is what messages name, without the address, so that a problem of the service is reported once for all
    /// addresses.
    async fn exchange(
        &self,
        request: RequestBuilder,
        call: &str,
        largest: usize,
    ) -> Result<Reply, LookupFailure> {
        let pacer = || Pacer::new(self.service.name.into(), self.limit);
        self.pacer.get_or_init(pacer).ready().await?;
        let response = request
            .send()
            .await
            .map_err(|error| self.unsent(call, &error))?;
        let status = response.status();
        if matches!(status.as_u16(), 200 | 206 | 404) {
            let body = self.body(response, call, largest).await?;
            let is_not_found = status == StatusCode::NOT_FOUND;
            return Ok(Reply::new(self.service, is_not_found, body));
        }
        Err(self.refused(response, call).await)
    }

    /// Reads the whole body. A lost connection is transient; a body that is too long is not read again.
    async fn body(
        &self,
        mut response: Response,
        call: &str,
        largest: usize,
    ) -> Result<Vec<u8>, LookupFailure> {
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() > largest => {
                    let place = self.place(call);
                    let message = format!("{place}: the answer is larger than {largest} bytes");
                    return Err(LookupFailure::new(FailureClass::Permanent, message));
                }
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => return Ok(body),
                Err(error) => return Err(self.unsent(call, &error)),
            }
        }
    }

    /// The failure that a status without an answer means.
    async fn refused(&self, response: Response, call: &str) -> LookupFailure {
        let status = response.status();
        let headers = response.headers().clone();
        let body = self.complaint(response).await;
        let pause = PauseHint {
            headers: &headers,
            body: &body,
            now: self.clock.now(),
            reset_header: self.service.reset_header,
        };
        let said = self.said(&body);
        let place = self.place(call);
        match status.as_u16() {
            429 => {
                let until = pause.not_before(self.service.pause);
                // A wait this short has nothing to do with a daily quota.
                let is_short = (until - pause.now)
                    .to_std()
                    .is_ok_and(|wait| wait <= LONGEST_WAIT);
                let (problem, class) = match is_short {
                    true => ("asked too fast", FailureClass::RateLimited(Some(until))),
                    false => ("quota spent", FailureClass::QuotaSpent(Some(until))),
                };
                LookupFailure::new(class, format!("{place}: {problem}{said}"))
            }
            401..=403 => {
                let problem = self.access_problem(status);
                let message = format!("{place}: {problem} (HTTP {status}){said}");
                LookupFailure::new(FailureClass::Unusable, message)
            }
            408 | 425 | 500..=599 => {
                let message = format!("{place}: HTTP {status}{said}");
                let until = pause.asked_for();
                match until {
                    Some(_) => LookupFailure::new(FailureClass::RateLimited(until), message),
                    None => LookupFailure::transient(message),
                }
            }
            405 => {
                let message = format!("{place}: HTTP {status}{said}; check `base_url`");
                LookupFailure::new(FailureClass::Unusable, message)
            }
            300..=399 => {
                let message = format!(
                    "{place}: HTTP {status} instead of an answer; redirects are not \
                     followed, check `base_url`"
                );
                LookupFailure::new(FailureClass::Unusable, message)
            }
            _ => {
                let message = format!("{place}: HTTP {status}{said}");
                LookupFailure::new(FailureClass::Permanent, message)
            }
        }
    }

    /// Why the service allows no access, and what to do about it.
    fn access_problem(&self, status: StatusCode) -> String {
        match (status.as_u16(), self.service.key, &self.key) {
            (_, None, _) => {
                "it refuses to answer; it may want to be asked by others, or not as often"
                    .to_owned()
            }
            (_, Some(usage), None) => {
                format!("a key is needed; set `api_key_file` or {}", usage.variable)
            }
            (401, ..) => "the API key was refused; check it".to_owned(),
            _ => {
                let advice = self.service.beyond_plan;
                format!("the plan of the API key does not allow this; {advice}")
            }
        }
    }

    /// As much of the body of a refusal as can be read.
    async fn complaint(&self, mut response: Response) -> Vec<u8> {
        let mut body = Vec::new();
        while let Ok(Some(chunk)) = response.chunk().await {
            body.extend_from_slice(&chunk);
            if body.len() > LARGEST_COMPLAINT {
                body.truncate(LARGEST_COMPLAINT);
                break;
            }
        }
        body
    }

    /// The reason that the service states, safe to print.
    fn said(&self, body: &[u8]) -> String {
        let body = serde_json::from_slice::<Value>(body).unwrap_or_default();
        let mut reasons = REASONS.iter();
        let Some(reason) = reasons.find_map(|place| body.pointer(place)?.as_str()) else {
            return String::new();
        };
        let redact = |key: &ApiKey| key.redact(reason);
        let reason = self.key.as_ref().map_or_else(|| reason.to_owned(), redact);
        let reason: String = reason.chars().take(200).collect();
        format!(": \"{}\"", reason.escape_debug())
    }

    fn unsent(&self, call: &str, error: &reqwest::Error) -> LookupFailure {
        let place = self.place(call);
        let problem = if error.is_timeout() {
            "no answer in time".to_owned()
        } else if error.is_connect() {
            match proxy::in_use(&self.base) {
                Some((variable, proxy)) => {
                    let root = root(error);
                    format!("cannot connect by way of the proxy {proxy} of {variable}: {root}")
                }
                None => format!("cannot connect: {}", root(error)),
            }
        } else {
            format!("the exchange broke off: {}", root(error))
        };
        LookupFailure::transient(format!("{place}: {problem}"))
    }

    /// Where the service is, and what it is asked.
    fn place(&self, call: &str) -> String {
        let host = self.base.host_str().unwrap_or_default();
        match call.is_empty() {
            true => host.to_owned(),
            false => format!("{host}: {call}"),
        }
    }
}

/// The part of `path` that messages name: up to the subject, or the query.
fn call_of<'p>(path: &'p str, subject: &str) -> &'p str {
    let path = path.split('?').next().unwrap_or_default();
    let before = path.split(subject).next().unwrap_or_default();
    before.trim_end_matches('/')
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let ip = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
}

/// The innermost cause, which is the informative one.
fn root(error: &reqwest::Error) -> String {
    let mut reason: &dyn std::error::Error = error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    reason.to_string()
}

fn chain(error: &reqwest::Error) -> String {
    match error.source() {
        Some(_) => format!("{error}: {}", root(error)),
        None => error.to_string(),
    }
}
