"""The models that each profile uses (profiles.toml), and writing one into the settings."""

from kb.models.profiles import PARTS, PREPARED, PartProfile, Profile, chosen_profile, read_profiles

__all__ = ["PARTS", "PREPARED", "PartProfile", "Profile", "chosen_profile", "read_profiles"]
