package t

p := json.marshal({["a<", 1]: 1, {"k": {1, 2}, "b": "x"}: 2, {3}: 4, null: 5, 1.50: 6})

q := yaml.marshal({["a", 1]: 1})
