"""Speed, shown as ratios that were measured side by side in one run: ``make bench``."""
