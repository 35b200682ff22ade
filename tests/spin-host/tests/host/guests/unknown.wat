  (func (export "doorward:probe/probe@0.1.0#run") (param i32 i32) (result i32) (call $ask) (call $ok))
