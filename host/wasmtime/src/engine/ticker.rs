//! The engine's clock: a thread that advances the epoch, at which running guests stop to look at the time.

use super::TICK;
use wasmtime::Engine;

/// Starts the thread. It ends by itself once the engine is gone.
pub(super) fn start(engine: &Engine) -> wasmtime::Result<()> {
    let engine = engine.weak();
    std::thread::Builder::new()
        .name(String::from("epoch"))
        .spawn(move || {
            while let Some(engine) = engine.upgrade() {
                engine.increment_epoch();
                drop(engine);
                std::thread::sleep(TICK);
            }
        })?;
    Ok(())
}
