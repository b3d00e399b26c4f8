"""What every use case stands on: ports, fields, names, queues."""
