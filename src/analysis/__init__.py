"""A quarterly customer-experience report whose every number can be traced."""
