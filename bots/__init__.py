"""Where the engine meets the world: settings, command line, and one thin adapter for each platform."""
