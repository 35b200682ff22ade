//! One request: reserved paths, the route, the guest, and what is answered if the guest fails.

use super::{Loaded, Server, headers};
use crate::engine::described;
use crate::guest::Guest;
use crate::route;
use anyhow::{Context as _, bail};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response, StatusCode};
use std::net::SocketAddr;
use tokio::task::AbortHandle;
use wasmtime::{Store, UpdateDeadline};
use wasmtime_wasi_http::WasiHttpView as _;
use wasmtime_wasi_http::p2::bindings::http::types::Scheme;
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

/// Paths that no component sees.
const RESERVED: &str = "/.well-known/spin/";

impl Server {
    /// Answers one request. An error closes the connection, as on Spin when the host of a request is in doubt.
    pub(super) async fn answer(
        &self,
        mut request: Request<Incoming>,
        client: SocketAddr,
    ) -> anyhow::Result<Response<HyperOutgoingBody>> {
        headers::strip(&mut request);
        let path = request.uri().path().to_owned();
        if let Some(reserved) = path.strip_prefix(RESERVED) {
            return Ok(self.reserved(reserved));
        }
        let Some((route, rest)) = route::find(&self.routes, &path) else {
            return Ok(plain(StatusCode::NOT_FOUND, Bytes::new()));
        };
        headers::prepare(&mut request, route, rest, client)?;
        let component = self
            .components
            .get(&route.component)
            .context("the route has no component")?;
        Ok(self.run(component, request).await.unwrap_or_else(|error| {
            eprintln!("{path}: {error:?}");
            plain(StatusCode::INTERNAL_SERVER_ERROR, Bytes::new())
        }))
    }

    fn reserved(&self, name: &str) -> Response<HyperOutgoingBody> {
        match name {
            "health" => plain(StatusCode::OK, Bytes::from_static(b"OK")),
            "info" => {
                let info = serde_json::json!({ "name": self.name, "version": self.version });
                plain(StatusCode::OK, info.to_string().into())
            }
            _ => plain(StatusCode::NOT_FOUND, Bytes::new()),
        }
    }

    async fn run(
        &self,
        component: &Loaded,
        request: Request<Incoming>,
    ) -> anyhow::Result<Response<HyperOutgoingBody>> {
        let mut store = self.store(component);
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let request = store
            .data_mut()
            .http()
            .new_incoming_request(Scheme::Http, request)
            .map_err(described)?;
        let outparam = store
            .data_mut()
            .http()
            .new_response_outparam(sender)
            .map_err(described)?;
        let instance = component
            .instance
            .instantiate_async(&mut store)
            .await
            .map_err(described)?;
        let task = tokio::spawn(async move {
            let handler = instance.wasi_http_incoming_handler();
            handler.call_handle(&mut store, request, outparam).await
        });
        match receiver.await {
            Ok(response) => {
                let guard = EndWithBody(task.abort_handle());
                tokio::spawn(report(task));
                let response = response.context("the guest answered an error")?;
                Ok(response.map(|body| {
                    body.map_frame(move |frame| {
                        let _alive = &guard;
                        frame
                    })
                    .boxed_unsync()
                }))
            }
            Err(_dropped) => {
                task.await.context("the guest's task")?.map_err(described)?;
                bail!("the guest ended without an answer")
            }
        }
    }

    fn store(&self, component: &Loaded) -> Store<Guest> {
        let guest = Guest::new(&component.granted, &self.state);
        let mut store = Store::new(component.instance.engine(), guest);
        let deadline = self
            .request_deadline
            .map(|deadline| std::time::Instant::now() + deadline);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(move |_| {
            if deadline.is_some_and(|deadline| std::time::Instant::now() >= deadline) {
                wasmtime::bail!("the guest computes for longer than it may");
            }
            Ok(UpdateDeadline::Yield(1))
        });
        store
    }
}

/// Ends the guest with the body of its answer, whether it was sent or the client has gone. Before there is an answer a
/// guest runs on though nobody waits for it.
struct EndWithBody(AbortHandle);

impl Drop for EndWithBody {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Says what went wrong after the answer had begun.
async fn report(task: tokio::task::JoinHandle<wasmtime::Result<()>>) {
    if let Ok(Err(error)) = task.await {
        eprintln!("after the answer had begun: {error:?}");
    }
}

fn plain(status: StatusCode, body: Bytes) -> Response<HyperOutgoingBody> {
    let mut response = Response::new(
        Full::new(body)
            .map_err(|never| match never {})
            .boxed_unsync(),
    );
    *response.status_mut() = status;
    response
}
