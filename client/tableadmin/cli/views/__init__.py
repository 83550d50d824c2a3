"""Convert responses to rows and text."""
