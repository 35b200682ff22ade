  ;; `err(HTTP-request-denied)`, the sixteenth case.
  (func (export "wasi:http/outgoing-handler@0.2.0#handle") (param i32 i32 i32) (result i32)
    (i32.store8 (i32.const 64) (i32.const 1))
    (i32.store8 (i32.const 72) (i32.const 15))
    (i32.const 64))
