package t

p := json.unmarshal("{\"a\": 1e40000}")
