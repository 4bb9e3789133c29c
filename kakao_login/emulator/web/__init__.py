"""What every answer shares: its words, errors, failures and headers.

Here belongs what needs Flask's request or response and more than one of kauth, kapi and control.
"""
