"""When each cohort's weekly prompt is due, and which one it is."""
