"""The engine room: connections and their transactions, migrations, views, analysts' ways in."""
