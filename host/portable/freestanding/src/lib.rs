//! What a component needs in place of the standard library: an allocator, the canonical ABI's `realloc`, and an end for panics.
//!
//! The standard library of the target imports the environment, the standard streams and more, used or not. A component
//! that links this crate instead imports nothing but what its world says. Natively the crate is empty.

#![cfg_attr(target_family = "wasm", no_std)]

#[cfg(target_family = "wasm")]
#[expect(
    unsafe_code,
    reason = "the canonical ABI hands over raw memory, and exported symbols are unsafe attributes"
)]
mod component {
    extern crate alloc;

    use alloc::alloc::Layout;

    #[global_allocator]
    static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

    // `memcmp` and its like, which comparing strings compiles to; nothing else of it is linked.
    #[link(name = "c")]
    unsafe extern "C" {}

    /// By which the host writes arguments into the component's memory: over the allocator that frees them.
    ///
    /// # Safety
    /// As the canonical ABI says: `old` came from here with `old_size` and `align`, or `old_size` is 0.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn cabi_realloc(
        old: *mut u8,
        old_size: usize,
        align: usize,
        new_size: usize,
    ) -> *mut u8 {
        let (Ok(before), Ok(after)) = (
            Layout::from_size_align(old_size, align),
            Layout::from_size_align(new_size, align),
        ) else {
            core::arch::wasm32::unreachable()
        };
        let new = match (old_size, new_size) {
            (_, 0) => return core::ptr::without_provenance_mut(align),
            // SAFETY: the size is not 0.
            (0, _) => unsafe { alloc::alloc::alloc(after) },
            // SAFETY: neither size is 0, and the caller says that `old` was allocated so.
            _ => unsafe { alloc::alloc::realloc(old, before, new_size) },
        };
        if new.is_null() {
            core::arch::wasm32::unreachable()
        } else {
            new
        }
    }

    /// A trap: the host ends the instance.
    #[panic_handler]
    fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
        core::arch::wasm32::unreachable()
    }
}
