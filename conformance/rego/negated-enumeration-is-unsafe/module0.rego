package t

p if not startswith(input.args.paths[_], "/workspace")
