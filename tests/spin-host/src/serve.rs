//! HTTP/1.1 in, a fresh instance for every request.

mod answer;
mod headers;

use crate::application::{Application, Granted};
use crate::engine::{Engine, described};
use crate::guest::{Guest, linker};
use crate::route::Route;
use anyhow::Context as _;
use hyper::service::service_fn;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use wasmtime::component::types::ComponentItem;
use wasmtime_wasi_http::io::TokioIo;
use wasmtime_wasi_http::p2::bindings::ProxyPre;

/// An application that is ready to serve.
pub struct Server {
    name: String,
    version: String,
    routes: Vec<Route>,
    components: BTreeMap<String, Loaded>,
    state: PathBuf,
    request_deadline: Option<Duration>,
}

struct Loaded {
    granted: Granted,
    instance: ProxyPre<Guest>,
    imports: Vec<String>,
}

impl Server {
    /// Compiles and links the components of an application. `state` is the directory of the database, and is created.
    ///
    /// # Errors
    /// If a component is none, exceeds the limits, does not export `wasi:http/incoming-handler@0.2` or imports what there
    /// is not.
    pub fn load(application: Application, engine: &Engine, state: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(state).with_context(|| state.display().to_string())?;
        let linker = linker(&engine.wasmtime).map_err(described)?;
        let routes = application
            .routes
            .iter()
            .map(|(route, component)| Route::parse(route, component));
        let components = application.components.into_iter().map(|(id, granted)| {
            let loaded =
                load(granted, engine, &linker).with_context(|| format!("component.{id}"))?;
            Ok((id, loaded))
        });
        Ok(Self {
            name: application.name,
            version: application.version,
            routes: routes.collect::<anyhow::Result<_>>()?,
            components: components.collect::<anyhow::Result<_>>()?,
            state: state.to_owned(),
            request_deadline: None,
        })
    }

    /// Ends guests that compute for longer than `deadline`. `spin up` sets none.
    #[must_use]
    pub fn with_request_deadline(mut self, deadline: Duration) -> Self {
        self.request_deadline = Some(deadline);
        self
    }

    /// What the components import from the host, by component.
    pub fn imports(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.components
            .iter()
            .map(|(id, loaded)| (id.as_str(), loaded.imports.as_slice()))
    }

    /// Answers requests until the listener fails.
    ///
    /// # Errors
    /// What the listener says.
    pub async fn serve(self: Arc<Self>, listener: TcpListener) -> std::io::Result<()> {
        loop {
            let (stream, client) = listener.accept().await?;
            tokio::spawn(Arc::clone(&self).connection(stream, client));
        }
    }

    async fn connection(self: Arc<Self>, stream: tokio::net::TcpStream, client: SocketAddr) {
        let service = service_fn(move |request| {
            let server = Arc::clone(&self);
            async move { server.answer(request, client).await }
        });
        let connection = hyper::server::conn::http1::Builder::new();
        if let Err(error) = connection
            .serve_connection(TokioIo::new(stream), service)
            .await
        {
            eprintln!("connection from {client}: {error:?}");
        }
    }
}

fn load(
    granted: Granted,
    engine: &Engine,
    linker: &wasmtime::component::Linker<Guest>,
) -> anyhow::Result<Loaded> {
    let component = engine.component(&granted.wasm)?;
    let kind = component.component_type();
    let imports = kind.imports(&engine.wasmtime);
    let imports =
        imports.filter(|(_, item)| matches!(item.ty, ComponentItem::ComponentInstance(_)));
    let instance = linker.instantiate_pre(&component).and_then(ProxyPre::new);
    Ok(Loaded {
        imports: imports.map(|(name, _)| name.to_owned()).collect(),
        instance: instance.map_err(described)?,
        granted,
    })
}
