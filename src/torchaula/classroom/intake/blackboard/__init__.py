"""Know Blackboard: whose each file of its download is, and when it was handed in."""
