  ;; `err(undefined("not permitted"))`.
  (func (export "fermyon:spin/variables@2.0.0#get") (param i32 i32) (result i32)
    (i32.store8 (i32.const 64) (i32.const 1))
    (i32.store8 (i32.const 68) (i32.const 1))
    (i32.store (i32.const 72) (i32.const 1024))
    (i32.store (i32.const 76) (i32.const 13))
    (i32.const 64))
