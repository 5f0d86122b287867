"""What an expert would use instead, each as well tuned as its manual allows."""
