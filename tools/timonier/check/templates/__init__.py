"""What templates read, and where in them a rendered line comes from: known without rendering."""
