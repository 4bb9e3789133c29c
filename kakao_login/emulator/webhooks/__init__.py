"""What Kakao tells an app by itself."""
