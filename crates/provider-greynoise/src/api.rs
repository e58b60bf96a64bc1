//! One HTTP exchange with the service, and what each status means.

use std::error::Error as _;
use std::sync::OnceLock;
use std::time::Duration;

use ipcascade_core::resilience::{LONGEST_WAIT, Pacer};
use ipcascade_core::{Address, Clock, FailureClass, LookupFailure, Quota, RateLimit};
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use crate::{NAME, key, proxy, quota};

const USER_AGENT: &str = concat!(
    "ipcascade/",
    env!("CARGO_PKG_VERSION"),
    " (provider greynoise)"
);

/// The largest body that is read for one address; a full record is some 100 kB at most.
const LARGEST_BODY: usize = 4 << 20;
/// The largest body that is read for many addresses at once.
const LARGEST_MULTI_BODY: usize = 128 << 20;
/// The largest body of an answer that only says what went wrong.
const LARGEST_COMPLAINT: usize = 16 << 10;

/// An answer with facts in it.
#[derive(Debug)]
pub(crate) struct Reply {
    /// 404: GreyNoise has not observed the address.
    pub(crate) not_observed: bool,
    pub(crate) body: Vec<u8>,
}

#[derive(Debug)]
pub(crate) struct Api {
    client: Client,
    base: Url,
    key: Option<SecretString>,
    clock: Clock,
    limit: RateLimit,
    pacer: OnceLock<Pacer>,
}

impl Api {
    /// `key` is kept, beside the header made from it, to be able to take it out of messages.
    pub(crate) fn new(
        base: Url,
        key: Option<(SecretString, HeaderValue)>,
        timeout: Duration,
        limit: RateLimit,
    ) -> Result<Self, String> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let key = key.map(|(key, value)| {
            headers.insert(HeaderName::from_static("key"), value);
            key
        });
        let client = Client::builder()
            .user_agent(USER_AGENT)
            .default_headers(headers)
            .connect_timeout(timeout.min(Duration::from_secs(10)))
            .timeout(timeout)
            // The header with the key would be sent on to wherever a redirect points.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| format!("cannot set up HTTPS: {}", chain(&error)))?;
        Ok(Self {
            client,
            base,
            key,
            clock: Clock::system(),
            limit,
            pacer: OnceLock::new(),
        })
    }

    /// Whose quota is spent: the service counts by key, and without one by where the questions come from.
    pub(crate) fn quota(&self) -> Quota {
        let of_key = |key: &SecretString| Quota::of_key(NAME, key.expose_secret());
        self.key.as_ref().map_or_else(|| NAME.into(), of_key)
    }

    /// Paces all exchanges from the first on; until then, and if this never comes, the limit holds for
    /// this process alone.
    pub(crate) fn paced_by(&self, pacer: Pacer) {
        if self.pacer.set(pacer).is_err() {
            tracing::debug!("requests are paced already");
        }
    }

    /// The community call.
    pub(crate) async fn community(&self, address: Address) -> Result<Reply, LookupFailure> {
        let request = self
            .client
            .get(self.url(&format!("v3/community/{address}"))?);
        self.exchange(request, "v3/community", LARGEST_BODY).await
    }

    /// The full record of one address, or with `quick` its verdict only.
    pub(crate) async fn single(
        &self,
        address: Address,
        quick: bool,
    ) -> Result<Reply, LookupFailure> {
        let query = if quick { "?quick=true" } else { "" };
        let request = self
            .client
            .get(self.url(&format!("v3/ip/{address}{query}"))?);
        self.exchange(request, "v3/ip", LARGEST_BODY).await
    }

    /// The full records of many addresses.
    pub(crate) async fn multi(&self, addresses: &[Address]) -> Result<Reply, LookupFailure> {
        let call = "v3/ip";
        let request = self
            .client
            .post(self.url(call)?)
            .json(&json!({"ips": addresses}));
        self.exchange(request, call, LARGEST_MULTI_BODY).await
    }

    fn url(&self, call: &str) -> Result<Url, LookupFailure> {
        self.base.join(call).map_err(|error| {
            LookupFailure::new(FailureClass::Permanent, format!("{call}: {error}"))
        })
    }

    /// `call` is what messages name: without the address, so that what is wrong with the service is told
    /// once for all addresses.
    async fn exchange(
        &self,
        request: RequestBuilder,
        call: &str,
        largest: usize,
    ) -> Result<Reply, LookupFailure> {
        let pacer = || Pacer::new(NAME.into(), self.limit);
        self.pacer.get_or_init(pacer).ready().await?;
        let response = request
            .send()
            .await
            .map_err(|error| self.unsent(call, &error))?;
        let status = response.status();
        let not_observed = status == StatusCode::NOT_FOUND;
        if matches!(status.as_u16(), 200 | 206 | 404) {
            let body = self.body(response, call, largest).await?;
            return Ok(Reply { not_observed, body });
        }
        Err(self.refused(response, call).await)
    }

    /// Reads the whole body. A cut connection is transient; a body without end is not read again.
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
                    let host = self.host();
                    let message =
                        format!("{host}: {call}: the answer is larger than {largest} bytes");
                    return Err(LookupFailure::new(FailureClass::Permanent, message));
                }
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => return Ok(body),
                Err(error) => return Err(self.unsent(call, &error)),
            }
        }
    }

    /// What a status without facts means.
    async fn refused(&self, response: Response, call: &str) -> LookupFailure {
        let status = response.status();
        let retry_after = response
            .headers()
            .get(header::RETRY_AFTER)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        let body = self.complaint(response).await;
        let said = self.said(&body);
        let host = self.host();
        match status.as_u16() {
            429 => {
                let now = self.clock.now();
                let until = quota::not_before(&body, retry_after.as_deref(), now);
                // What is waited for is no matter of a day's quota.
                let is_short = (until - now)
                    .to_std()
                    .is_ok_and(|wait| wait <= LONGEST_WAIT);
                let (problem, class) = match is_short {
                    true => ("asked too fast", FailureClass::RateLimited(Some(until))),
                    false => ("quota spent", FailureClass::QuotaSpent(Some(until))),
                };
                LookupFailure::new(class, format!("{host}: {call}: {problem}{said}"))
            }
            401..=403 => {
                let problem = match (status.as_u16(), &self.key) {
                    (_, None) => "a key is needed; set `api_key_file` or GREYNOISE_API_KEY",
                    (401, _) => "the API key was refused; check it",
                    _ => "the plan of the API key does not allow this; choose another `mode`",
                };
                let message = format!("{host}: {call}: {problem} (HTTP {status}){said}");
                LookupFailure::new(FailureClass::Unusable, message)
            }
            408 | 425 | 500..=599 => {
                let message = format!("{host}: {call}: HTTP {status}{said}");
                let until = quota::asked_for(retry_after.as_deref(), self.clock.now());
                match until {
                    Some(_) => LookupFailure::new(FailureClass::RateLimited(until), message),
                    None => LookupFailure::transient(message),
                }
            }
            405 => {
                let message = format!("{host}: {call}: HTTP {status}{said}; check `base_url`");
                LookupFailure::new(FailureClass::Unusable, message)
            }
            300..=399 => {
                let message = format!(
                    "{host}: {call}: HTTP {status} instead of an answer; redirects are not \
                     followed, check `base_url`"
                );
                LookupFailure::new(FailureClass::Unusable, message)
            }
            _ => {
                let message = format!("{host}: {call}: HTTP {status}{said}");
                LookupFailure::new(FailureClass::Permanent, message)
            }
        }
    }

    /// As much of the body of a refusal as can be had.
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

    /// What the service gives as the reason, made safe to show.
    fn said(&self, body: &[u8]) -> String {
        let reason = serde_json::from_slice::<Value>(body).ok().and_then(|body| {
            ["message", "error"]
                .iter()
                .find_map(|key| body.get(key)?.as_str().map(str::to_owned))
        });
        let Some(reason) = reason else {
            return String::new();
        };
        let reason = key::redact(&reason, self.key.as_ref());
        let reason: String = reason.chars().take(200).collect();
        format!(": \"{}\"", reason.escape_debug())
    }

    fn unsent(&self, call: &str, error: &reqwest::Error) -> LookupFailure {
        let host = self.host();
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
        LookupFailure::transient(format!("{host}: {call}: {problem}"))
    }

    fn host(&self) -> &str {
        self.base.host_str().unwrap_or_default()
    }
}

/// The innermost reason, which is the one that says something.
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
