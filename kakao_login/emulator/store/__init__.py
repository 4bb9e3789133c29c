"""What the emulated Kakao remembers. `state` holds it; the rest are values, their checks and views of them.

Here belongs what kauth, kapi and control all need and what knows neither Flask nor a request.
"""
