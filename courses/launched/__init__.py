"""Activities of elsewhere: a simulator or cmi5 content that is started for one learner and writes in the learning record itself."""
