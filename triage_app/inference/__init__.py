"""The shipped classifier: model card, preprocessing, LiteRT inference, heatmap, competence."""
