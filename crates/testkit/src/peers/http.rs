//! An HTTP service on loopback that follows a script and records its requests.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

/// An HTTP service on loopback.
#[derive(Debug)]
pub struct HttpPeer {
    server: MockServer,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl HttpPeer {
    /// Answers every request with the status and the JSON that `answer` returns.
    pub async fn start(answer: impl Fn(&Request) -> (u16, Value) + Send + Sync + 'static) -> Self {
        Self::responding(move |request| {
            let (status, body) = answer(request);
            ResponseTemplate::new(status).set_body_json(body)
        })
        .await
    }

    /// Answers every request with what `respond` returns: headers, a delay, or a body that is not JSON.
    pub async fn responding(
        respond: impl Fn(&Request) -> ResponseTemplate + Send + Sync + 'static,
    ) -> Self {
        let server = MockServer::start().await;
        let requests = Arc::<Mutex<Vec<Request>>>::default();
        let noted = Arc::clone(&requests);
        let mock = Mock::given(any()).respond_with(move |request: &Request| {
            lock(&noted).push(request.clone());
            respond(request)
        });
        mock.mount(&server).await;
        Self { server, requests }
    }

    /// Its base URL: `http://127.0.0.1:…`.
    pub fn uri(&self) -> String {
        self.server.uri()
    }

    /// Its requests, in order.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.requests).clone()
    }

    /// Returns a function for [`Subject::hears`](crate::Subject::hears): it returns what the service was asked about so
    /// far, as `of` reads it from a request.
    pub fn hears<T: IntoIterator<Item = String>>(
        &self,
        of: impl Fn(&Request) -> T + Send + Sync + 'static,
    ) -> impl Fn() -> Vec<String> + Send + Sync + 'static {
        let requests = Arc::clone(&self.requests);
        move || lock(&requests).iter().flat_map(&of).collect()
    }
}

fn lock(requests: &Mutex<Vec<Request>>) -> MutexGuard<'_, Vec<Request>> {
    requests.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The last segment of the path of a request, which is where many services take an address.
pub fn last_segment(request: &Request) -> &str {
    request.url.path().rsplit('/').next().unwrap_or_default()
}

/// A parameter of the query of a request.
pub fn parameter(request: &Request, name: &str) -> Option<String> {
    let mut pairs = request.url.query_pairs();
    let (_, value) = pairs.find(|(key, _)| key == name)?;
    Some(value.into_owned())
}
