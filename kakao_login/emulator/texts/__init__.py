"""Every text that exists in Korean and English; `text` is the one form that they have.

Here belongs whatever a person reads in a language of their own. What Kakao itself says in one language does not.
"""
