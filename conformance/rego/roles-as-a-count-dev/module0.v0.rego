package t

deny[msg] { input.stage == "x"; count([1 | input.principal.roles[_] == "admin"]) == 0; msg := "no" }
