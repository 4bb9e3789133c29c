"""What Kakao tells an app by itself.

Here belongs a change that an app hears of: making it and telling it are one call, so that neither is forgotten.
"""
