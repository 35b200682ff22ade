  ;; Opens the address that it is asked for.
  (func (export "doorward:probe/probe@0.1.0#run") (param $at i32) (param $length i32) (result i32)
    (call $open (local.get $at) (local.get $length) (i32.const 512))
    (if (result i32) (i32.load8_u (i32.const 512))
      (then (call $code (i32.load8_u (i32.const 516))))
      (else (call $ok))))
