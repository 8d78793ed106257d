std = "lua54"
max_line_length = 120
allow_defined_top = false
exclude_files = { "build" }

files["lua/"] = {
	read_globals = {
		"module", "prosody",
	},
	globals = { "module.command", "module.load", "module.unload" },
}
files["tests/"] = { read_globals = { "module", "prosody" } }
files["spec/"] = { std = "+busted" }
