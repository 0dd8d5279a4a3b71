package t

f(_) := 2

p := x if x := f([1]) with f as count

q if startswith("ab", "b") with startswith as endswith

r := x if x := s with time.now_ns as opa.runtime

s := type_name(time.now_ns())
