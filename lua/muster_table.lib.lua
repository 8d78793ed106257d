-- Tables of text for the console: rows come in any number, what is printed is aligned.

local portion = 100; -- rows whose widths are looked at together

-- What users typed must not move the cursor, nor break the console's stream; nor may it turn what follows around.
local function clean(value)
	local text = tostring(value):gsub("[%z\1-\31\127]", " ");
	if not utf8.len(text) then
		return (text:gsub("[\128-\255]", "?"));
	end
	return (text:gsub("\194[\128-\159]", " "):gsub("\226\128[\142\143\170-\174]", ""):gsub("\226\129[\166-\169]", ""));
end

local Table = {};
Table.__index = Table;

local function widen(self, row)
	for i, text in ipairs(row) do
		self.widths[i] = math.max(self.widths[i] or 0, utf8.len(text));
	end
end

local function line(self, row)
	local padded = {};
	for i, text in ipairs(row) do
		padded[i] = text..(" "):rep(i < #row and self.widths[i] - utf8.len(text) or 0);
	end
	return (table.concat(padded, "  "):gsub(" +$", ""));
end

-- Print what has gathered.
function Table:flush()
	for _, row in ipairs(self.rows) do
		widen(self, row);
	end
	if self.titles and #self.rows > 0 then
		self.print(line(self, self.titles));
		self.titles = nil;
	end
	for _, row in ipairs(self.rows) do
		self.print(line(self, row));
	end
	self.rows = {};
end

function Table:add(...)
	local row = table.pack(...);
	for i = 1, row.n do
		row[i] = clean(row[i] == nil and "" or row[i]);
	end
	table.insert(self.rows, row);
	self.count = self.count + 1;
	if #self.rows == portion then
		self:flush();
	end
end

-- A table without titles for their absence
local function new(print, ...)
	local self = setmetatable({ print = print, rows = {}, widths = {}, count = 0 }, Table);
	if select("#", ...) > 0 then
		self.titles = { ... };
		widen(self, self.titles);
	end
	return self;
end

return { new = new, clean = clean };
