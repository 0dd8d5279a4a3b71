package t

deny[msg] { input.stage == "x"; not input.principal.roles[_] == "admin"; msg := "no" }
