-- Streams of which nobody knows where they come from.

module:hook("stream-features", function (event)
	event.origin.ip = nil;
end);
