"""What every endpoint of the JSON API shares: its JSON, its conditional answers, its limits."""
