"""What every answer shares: its pages, errors, failures and headers.

Here belongs what needs Flask's request or response and more than one of kauth, kapi and control.
"""
