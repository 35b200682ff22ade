  ;; `err(access-denied)`.
  (func (export "fermyon:spin/sqlite@2.0.0#[static]connection.open") (param i32 i32) (result i32)
    (i32.store8 (i32.const 64) (i32.const 1))
    (i32.store8 (i32.const 68) (i32.const 1))
    (i32.const 64))
  (func (export "fermyon:spin/sqlite@2.0.0#[method]connection.execute") (param i32 i32 i32 i32 i32) (result i32)
    unreachable)
