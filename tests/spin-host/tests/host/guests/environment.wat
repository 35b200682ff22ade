  ;; The value of the first variable of the environment; nothing if it is empty.
  (func (export "doorward:probe/probe@0.1.0#run") (param i32 i32) (result i32)
    (call $get-environment (i32.const 512))
    (if (result i32) (i32.load (i32.const 516))
      (then (call $text
        (i32.load offset=8 (i32.load (i32.const 512)))
        (i32.load offset=12 (i32.load (i32.const 512)))))
      (else (call $text (i32.const 0) (i32.const 0)))))
