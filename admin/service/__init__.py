"""The service itself: started, shown, checked."""
