//! Runs an artefact for `wasmtime serve` the way that does: a fresh instance for each request, an environment, a directory.

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::{Request, Response};
use std::path::Path;
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Engine, Store};
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::p2::bindings::ProxyPre;
use wasmtime_wasi_http::p2::bindings::http::types::Scheme;
use wasmtime_wasi_http::{
    Error, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView,
};

/// The environment that only the source of variables may see.
const ENVIRONMENT: [(&str, &str); 1] = [(
    "DOORWARD_SEALING_KEY",
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
)];

/// Nothing here is to be reached from inside.
struct NoOutbound;

type Sent = (
    Response<WasiBody>,
    Box<dyn Future<Output = Result<(), Error>> + Send>,
);

impl WasiHttpHooks for NoOutbound {
    fn send_request(
        &mut self,
        _request: Request<WasiBody>,
        _options: Option<RequestOptions>,
        _sent: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Result<Sent, Error>> + Send> {
        Box::new(async { Err(Error::HttpRequestDenied) })
    }
}

/// What one instance gets.
pub(crate) struct Outside {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    table: ResourceTable,
    hooks: NoOutbound,
}

impl Outside {
    /// With a directory for `/data`, also [`ENVIRONMENT`]; without, nothing.
    pub(crate) fn new(data: Option<&Path>) -> Self {
        let mut wasi = WasiCtx::builder();
        if let Some(data) = data {
            wasi.envs(&ENVIRONMENT);
            wasi.preopened_dir(data, "/data", FsPerms::ReadWrite)
                .unwrap();
        }
        Self {
            wasi: wasi.build(),
            http: WasiHttpCtx::new(),
            table: ResourceTable::new(),
            hooks: NoOutbound,
        }
    }
}

impl WasiView for Outside {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for Outside {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            ctx: &mut self.http,
            table: &mut self.table,
            hooks: &mut self.hooks,
        }
    }
}

/// Everything that `wasmtime serve -Scli` links.
pub(crate) fn linker(engine: &Engine) -> Linker<Outside> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker).unwrap();
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker).unwrap();
    linker
}

/// A composition that answers requests.
pub(crate) struct Running {
    proxy: ProxyPre<Outside>,
    data: tempfile::TempDir,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) cookies: Vec<String>,
    pub(crate) location: Option<String>,
    pub(crate) body: String,
}

impl Running {
    /// Compiles it.
    pub(crate) fn start(wasm: &[u8]) -> Self {
        let engine = Engine::default();
        let component = Component::new(&engine, wasm).unwrap();
        let pre = linker(&engine).instantiate_pre(&component).unwrap();
        Self {
            proxy: ProxyPre::new(pre).unwrap(),
            data: tempfile::tempdir().unwrap(),
        }
    }

    /// A request with these headers.
    pub(crate) async fn get(&self, target: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::get(target).header("host", "127.0.0.1:8787");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::new())).unwrap();
        let response = self.answer(request).await;
        let cookies = response.headers().get_all("set-cookie").iter();
        let cookies = cookies
            .map(|cookie| cookie.to_str().unwrap().to_owned())
            .collect();
        let location = response.headers().get("location");
        let location = location.map(|url| url.to_str().unwrap().to_owned());
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body = String::from_utf8(body.to_vec()).unwrap();
        Answer {
            status,
            cookies,
            location,
            body,
        }
    }

    async fn answer(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Response<impl hyper::body::Body<Data = Bytes, Error: std::fmt::Debug> + use<>> {
        let mut store = Store::new(self.proxy.engine(), Outside::new(Some(self.data.path())));
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let request = store
            .data_mut()
            .http()
            .new_incoming_request(Scheme::Http, request)
            .unwrap();
        let out = store
            .data_mut()
            .http()
            .new_response_outparam(sender)
            .unwrap();
        let proxy = self.proxy.instantiate_async(&mut store).await.unwrap();
        let running = tokio::spawn(async move {
            let handler = proxy.wasi_http_incoming_handler();
            handler.call_handle(store, request, out).await
        });
        let Ok(answered) = receiver.await else {
            panic!("no answer: {:?}", running.await.unwrap());
        };
        answered.unwrap()
    }
}
